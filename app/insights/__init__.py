"""What the journal tells: figures, questions that went wrong, and where an answer was missing.  Reads, never asks again."""
