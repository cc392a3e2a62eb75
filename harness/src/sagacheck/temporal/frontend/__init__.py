"""The frontend of the service: what clients ask of it, one function a call."""
