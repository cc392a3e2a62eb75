"""What people and programs see of a run: terminal, report, ``verdict.json``, web UI."""
