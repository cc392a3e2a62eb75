"""The commands of workflow code: one module a kind, with the state that the server keeps for it."""
