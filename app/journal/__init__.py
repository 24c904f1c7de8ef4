"""The journal: what was asked, how it was answered and rated; personal data masked before anything is kept."""
