"""Figures as values: paths and labels in pixels. The templates make SVG of them, and escape."""
