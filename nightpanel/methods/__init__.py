"""What a run did, in sentences for a paper, each from what its manifest and tables record."""
