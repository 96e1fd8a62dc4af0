"""Which running trials are not worth finishing. Pure; the first of them come with reports."""
