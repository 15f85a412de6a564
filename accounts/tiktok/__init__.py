"""TikTok's OAuth calls and errors over HTTP, typed; imports no other room."""
