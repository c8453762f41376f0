"""How the flows are installed and watched: automations, recipes, runbook."""
