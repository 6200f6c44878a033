"""How AWS is reached: sessions, cached clients, a thread pool of their own, and errors in words."""
