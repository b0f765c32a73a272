"""Campaigns: one message to many people, sent once each."""
