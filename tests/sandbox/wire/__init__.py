"""TikTok's wire: sign-in and tokens, the Display API, pictures, webhooks. Imports the sandbox's context and world."""
