"""Knowledge files edited from the console: an edit is made as texts, tried, and saved; the files stay the truth."""
