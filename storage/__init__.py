"""What is remembered: tables, repositories, and one unit of work that is one transaction."""
