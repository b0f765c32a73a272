"""The sandbox: stand-ins for the providers that speak their real protocols."""
