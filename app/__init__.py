"""易博士: a knowledge-base chatbot service for public resource trading.  See app/README.md for the map."""

__version__ = "0.1.0"
