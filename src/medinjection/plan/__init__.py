"""What a run consists of: from settings and registry to names, paths, flags and files."""
