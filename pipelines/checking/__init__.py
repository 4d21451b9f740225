"""Draft against source: evidence of each sentence, the templates' rules, risk, exact claims."""
