"""STUDY_NAME: say in one line which published study this is."""
