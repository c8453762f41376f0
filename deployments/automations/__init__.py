"""Automations as code: what the server does by itself when something happens, or does not."""
