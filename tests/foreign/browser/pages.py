"""The pages that are looked at, each with the words that its answer must hold in each language."""


def public(well, held, ended):
    """What everybody may see, of a device that is well, one that is held, and one that has ended."""
    return {
        "front": ("/", {"en": "Look up", "ja": "照会"}),
        "well": (f"/d/{well}", {"en": "Registered.", "ja": "登録済みです。"}),
        "held": (f"/d/{held}", {"en": "Cannot confirm.", "ja": "確認できません。"}),
        "ended": (f"/d/{ended}", {"en": "Ended.", "ja": "終了"}),
        "unknown": ("/d/0000-0000-0000-0000", {"en": "", "ja": ""}),
        "malformed": ("/d/hello", {"en": "", "ja": ""}),
        "ledger": ("/ledger", {"en": "under signature", "ja": "署名"}),
        "proof": ("/ledger/check", {"en": "Does this proof hold?", "ja": "この証明は成り立ちますか"}),
        "guides": ("/guide", {"en": "Which guide is yours?", "ja": "どの手引き"}),
        "guide": ("/guide/operator", {"en": "For operators", "ja": "運用者の方へ"}),
        "model": ("/01/04512345678906/21/unit-1", {"en": "gateway", "ja": "gateway"}),
    }


# Whom the other guides are for.
GUIDES = ("owner", "maker", "assessor", "administrator")
# The only ones of these pages that come with another status than 200.
NOT_THERE = ("unknown", "malformed")


def outside(invitation, letter):
    """Further pages for who is not logged in: name and path. `invitation` and `letter` are paths with a code."""
    return {
        "model-alone": "/01/04512345678906",
        "log-in": "/login",
        "log-in-again": "/login?again",
        "claim": "/claim",
        "invitation": invitation,
        "letter": letter,
        "operation": "/operation",
        **{f"guide-{role}": f"/guide/{role}" for role in GUIDES},
    }


def in_language(path, language):
    """The path with the language chosen by the switch."""
    return f"{path}{'&' if '?' in path else '?'}lang={language}"
