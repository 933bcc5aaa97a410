"""What tests and benchmarks need and no user calls: audits that are made up in seconds, and where FER2013 is kept."""
