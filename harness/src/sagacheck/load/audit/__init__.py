"""The outcome of the orders of a run, by the server and the services, and the verdict."""
