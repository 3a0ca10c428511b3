"""What the block chooser shows of each block: a small example, in the form it is stored in."""

from django.utils.translation import gettext_lazy as _

TEXT = (
    "<p>Every loaf is <b>flour, water, salt and time</b>. The rest is a decision:</p>"
    "<ul><li>how wet,</li><li>how warm,</li><li>how long.</li></ul>"
    r"<p>Hydration is the ratio \( h = \frac{water}{flour} \).</p>"
)
HEADING = {"text": _("How gluten forms"), "level": "h2"}
CODE = {
    "language": "python",
    "filename": "hydration.py",
    "code": "def hydration(water: float, flour: float) -> float:\n    return water / flour\n",
}
QUOTATION = {
    "quote": "<p>Tell me and I forget. Involve me and I learn.</p>",
    "attribution": _("A proverb"),
    "source_url": "",
}
TABLE = {
    "caption": "",
    "table": {
        "columns": [{"type": "text", "heading": "Bread"}, {"type": "text", "heading": "Hydration"}],
        "rows": [
            {"values": ["<p>Bagel</p>", "<p>55 %</p>"]},
            {"values": ["<p>Baguette</p>", "<p>68 %</p>"]},
            {"values": ["<p>Ciabatta</p>", "<p>80 %</p>"]},
        ],
        "caption": "",
    },
}
MATHEMATICS = {"latex": r"\bar{x} = \frac{1}{n} \sum_{i=1}^{n} x_i", "label": "1"}
EMBED = {
    "url": "https://www.openstreetmap.org/",
    "title": "OpenStreetMap",
    "caption": _("The map everybody may edit."),
}
SELF_CHECK = {
    "question": "<p>Which dough is wetter?</p>",
    "options": [
        {"text": "500 g flour, 300 g water", "correct": False, "feedback": "That is 60 %."},
        {"text": "400 g flour, 300 g water", "correct": True, "feedback": "Yes, 75 %."},
    ],
    "explanation": "<p>Divide the water by the flour.</p>",
}
CALLOUT = {
    "kind": "tip",
    "title": _("Cold dough is easier to shape"),
    "collapsed": False,
    "body": [("rich_text", "<p>Twenty minutes in the fridge are enough.</p>")],
}
