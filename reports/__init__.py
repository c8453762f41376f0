"""What people read of a session: a fold over its journal, rendered; knows no Prefect."""
