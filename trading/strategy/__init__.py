"""What decides: the plug-in interface, the view it looks through, and the built-in strategies."""
