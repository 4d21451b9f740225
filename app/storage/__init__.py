"""What lies outside the database: keys and audio; and how both are deleted for ever."""
