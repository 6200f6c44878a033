"""The alert door: the queue, and one parser per source."""
