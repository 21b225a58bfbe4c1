"""An OpenAI-compatible server around the scripted teacher, with faults to switch on."""
