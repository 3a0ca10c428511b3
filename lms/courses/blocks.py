"""What a lesson is made of: the blocks authors choose from.

Each block's template stands in `templates/courses/blocks/`. The stored JSON is read by the course
importer too (`lms.migration`), so a renamed field needs a data migration.
"""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import strip_tags
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.contrib.typed_table_block.blocks import TypedTableBlock
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageBlock
from wagtail.rich_text import RichText as RichTextValue
from wagtail_localize.segments import StringSegmentValue, TemplateSegmentValue
from wagtail_localize.strings import extract_strings, restore_strings
from wagtailmedia.blocks import AudioChooserBlock, VideoChooserBlock

from . import block_examples as examples
from .languages import code_language_choices
from .mathematics import MathematicsError, to_mathml

# Inside running text. Headings are blocks of their own, so that the outline can be trusted.
INLINE_FEATURES = ["bold", "italic", "code", "link", "superscript", "subscript"]
TEXT_FEATURES = [*INLINE_FEATURES, "ol", "ul", "document-link"]

CALLOUT_KINDS = [
    ("note", _("Note")),
    ("tip", _("Tip")),
    ("important", _("Important")),
    ("warning", _("Warning")),
    ("objectives", _("Objectives")),
    ("prerequisite", _("Before you start")),
    ("exercise", _("Exercise")),
    ("solution", _("Solution")),
    ("summary", _("Summary")),
]


class Untranslated:
    """Mixed into a block that says the same in every language, as programs and formulas do: a
    translated lesson has the original's."""

    def get_translatable_segments(self, value):
        return []


class RichText(blocks.RichTextBlock):
    """Running text; `\\( … \\)` inside it is mathematics."""

    def __init__(self, features=None, **kwargs):
        super().__init__(features=features or TEXT_FEATURES, **kwargs)

    def value_for_form(self, value):
        """The editor leaves an empty paragraph where nothing is written: that is no text."""
        source = super().value_for_form(value)
        return source if strip_tags(source).strip() else ""

    class Meta:
        icon = "pilcrow"
        label = _("Text")
        template = "courses/blocks/rich_text.html"
        description = _("Paragraphs, lists, links, and formulas between \\( and \\).")
        preview_value = examples.TEXT


class HeadingBlock(blocks.StructBlock):
    """A heading that the lesson's outline lists."""

    text = blocks.CharBlock(max_length=255, label=_("Heading"))
    level = blocks.ChoiceBlock(
        choices=[("h2", _("Section")), ("h3", _("Sub-section")), ("h4", _("Part"))],
        default="h2",
        label=_("Level"),
    )

    class Meta:
        icon = "title"
        label = _("Heading")
        template = "courses/blocks/heading.html"
        description = _("Divides the lesson; its outline lists the headings.")
        preview_value = examples.HEADING


class FigureBlock(blocks.StructBlock):
    """A picture with a description for those who can't see it."""

    image = ImageBlock(label=_("Image"))
    caption = RichText(features=INLINE_FEATURES, required=False, label=_("Caption"))

    class Meta:
        icon = "image"
        label = _("Image")
        template = "courses/blocks/image.html"
        description = _("A picture with a description for those who can't see it, and a caption.")
        preview_template = "courses/admin/block_preview_file.html"


def _transcript():
    return RichText(
        required=False,
        label=_("Transcript"),
        help_text=_("What is said, for those who can't listen, and for search."),
    )


class VideoBlock(blocks.StructBlock):
    """A video: uploaded, or embedded from a video site."""

    media = VideoChooserBlock(required=False, label=_("Uploaded video"))
    url = blocks.URLBlock(
        required=False,
        label=_("…or the address of a video page"),
        help_text=_("For example a YouTube or Vimeo address."),
    )
    title = blocks.CharBlock(required=False, max_length=255, label=_("Title"))
    captions = DocumentChooserBlock(
        required=False, label=_("Captions"), help_text=_("A WebVTT file (.vtt).")
    )
    transcript = _transcript()

    class Meta:
        icon = "media"
        label = _("Video")
        template = "courses/blocks/video.html"
        description = _("An uploaded film, or one from YouTube or Vimeo.")
        preview_template = "courses/admin/block_preview_file.html"

    def clean(self, value):
        """One source, not none and not two; a draft may still have none."""
        result = super().clean(value)
        if self.is_deferred_validation and not result["media"] and not result["url"]:
            return result
        if bool(result["media"]) == bool(result["url"]):
            message = _("Choose an uploaded video or give an address: one of the two.")
            raise blocks.StructBlockValidationError(
                block_errors={"media": ValidationError(message)}
            )
        return result


class AudioBlock(blocks.StructBlock):
    """A sound recording."""

    media = AudioChooserBlock(label=_("Recording"))
    title = blocks.CharBlock(required=False, max_length=255, label=_("Title"))
    transcript = _transcript()

    class Meta:
        icon = "media"
        label = _("Audio")
        template = "courses/blocks/audio.html"
        description = _("A sound recording with its transcript.")
        preview_template = "courses/admin/block_preview_file.html"


class DownloadBlock(blocks.StructBlock):
    """A file for the student to keep."""

    document = DocumentChooserBlock(label=_("File"))
    title = blocks.CharBlock(required=False, max_length=255, label=_("Title"))
    description = blocks.CharBlock(required=False, max_length=500, label=_("What it is for"))

    class Meta:
        icon = "download"
        label = _("Download")
        template = "courses/blocks/download.html"
        description = _("A file students may keep: a worksheet, a template, data.")
        preview_template = "courses/admin/block_preview_file.html"


class CodeLanguageBlock(blocks.FieldBlock):
    """A choice of every language Pygments knows.

    Not Wagtail's ChoiceBlock, which goes through its choices for every value it reads: with these
    hundreds, most of the time a lesson took.
    """

    def __init__(self, required=True, help_text=None, **kwargs):
        self.field = forms.ChoiceField(
            choices=code_language_choices, required=required, help_text=help_text
        )
        super().__init__(**kwargs)


class CodeBlock(Untranslated, blocks.StructBlock):
    """Program text, coloured on the server, with a button that copies it."""

    language = CodeLanguageBlock(default="text", label=_("Language"))
    filename = blocks.CharBlock(required=False, max_length=255, label=_("File name"))
    code = blocks.TextBlock(rows=8, label=_("Code"))

    class Meta:
        icon = "code"
        label = _("Code")
        template = "courses/blocks/code.html"
        description = _("Program text in colour, with a button that copies it.")
        preview_value = examples.CODE


class QuotationBlock(blocks.StructBlock):
    """Somebody else's words."""

    quote = RichText(features=INLINE_FEATURES, label=_("Quotation"))
    attribution = blocks.CharBlock(required=False, max_length=255, label=_("Who said it"))
    source_url = blocks.URLBlock(required=False, label=_("Where"))

    class Meta:
        icon = "openquote"
        label = _("Quotation")
        template = "courses/blocks/quotation.html"
        description = _("Somebody else's words, with their name.")
        preview_value = examples.QUOTATION


class TableBlock(blocks.StructBlock):
    """A table with a heading row."""

    caption = blocks.CharBlock(required=False, max_length=255, label=_("Caption"))
    table = TypedTableBlock(
        [
            ("text", RichText(features=INLINE_FEATURES, required=False, label=_("Text"))),
        ],
        label=_("Table"),
    )

    class Meta:
        icon = "table"
        label = _("Table")
        template = "courses/blocks/table.html"
        description = _("Rows and columns under a heading row.")

    def get_preview_value(self):
        return self.to_python(examples.TABLE)

    def get_default(self):
        """Two columns and two rows to fill in, so that one sees what a table is made of."""
        column = {"type": "text", "heading": ""}
        row = {"values": ["", ""]}
        return self.to_python({"table": {"columns": [column] * 2, "rows": [row] * 2}})

    def get_translatable_segments(self, value):
        """The caption, then headings and cells in reading order: wagtail-localize knows no tables.
        All cells share one path, so that a translated text stays with its text, and not with its
        place, where a row is put in.
        """
        table = value["table"]
        segments = [StringSegmentValue("caption", value["caption"])]
        segments += [StringSegmentValue("table", column["heading"]) for column in table.columns]
        for cell in (cell for row in table.row_data for cell in row["values"]):
            template, strings = extract_strings(cell.source)
            segments.append(TemplateSegmentValue("table", "html", template, len(strings)))
            segments += [StringSegmentValue("table", text, attrs=at) for text, at in strings]
        return segments

    def restore_translated_segments(self, value, segments):
        """Each segment back where `get_translatable_segments` found it."""
        table, texts = value["table"], iter(sorted(segments, key=lambda one: one.order))
        if value["caption"]:
            value["caption"] = next(texts).render_text()
        for column in table.columns:
            if column["heading"]:
                column["heading"] = next(texts).render_text()
        for row in table.row_data:
            for place, cell in enumerate(row["values"]):
                if cell.source:
                    template = next(texts)
                    found = [next(texts) for _text in range(template.string_count)]
                    strings = [(text.string, text.attrs) for text in found]
                    restored = restore_strings(template.template, strings)
                    row["values"][place] = RichTextValue(restored)
        return value

    def clean(self, value):
        """A table without a cell is none; a draft may wait for its columns."""
        result = super().clean(value)
        table = result["table"]
        if not (table.columns and table.row_data) and not self.is_deferred_validation:
            message = _("Give the table at least one column and one row, or delete it.")
            raise blocks.StructBlockValidationError(non_block_errors=[ValidationError(message)])
        return result


class MathematicsBlock(Untranslated, blocks.StructBlock):
    """A formula on a line of its own, written in LaTeX."""

    latex = blocks.TextBlock(rows=3, label=_("Formula (LaTeX)"))
    label = blocks.CharBlock(required=False, max_length=80, label=_("Label"))

    class Meta:
        icon = "superscript"
        label = _("Mathematics")
        template = "courses/blocks/mathematics.html"
        description = _("A formula on a line of its own, written in LaTeX.")
        preview_value = examples.MATHEMATICS

    def clean(self, value):
        """Refuse what can't be set, while the author is there to mend it."""
        result = super().clean(value)
        if self.is_deferred_validation:
            return result
        try:
            to_mathml(result["latex"], display=True)
        except MathematicsError as problem:
            raise blocks.StructBlockValidationError(
                block_errors={"latex": ValidationError(str(problem))}
            ) from problem
        return result


class EmbedBlock(blocks.StructBlock):
    """Something on another site: its player where we know it (`embeds.py`), else a link."""

    url = blocks.URLBlock(label=_("Address"))
    title = blocks.CharBlock(max_length=255, required=False, label=_("Title"))
    caption = blocks.CharBlock(max_length=500, required=False, label=_("Caption"))

    class Meta:
        icon = "site"
        label = _("Embed")
        template = "courses/blocks/embed.html"
        description = _("Something on another site: a player where we know it, else a link.")
        preview_value = examples.EMBED


class AnswerBlock(blocks.StructBlock):
    """One answer to choose."""

    text = blocks.CharBlock(max_length=500, label=_("Answer"))
    correct = blocks.BooleanBlock(required=False, label=_("This is right"))
    feedback = blocks.CharBlock(required=False, max_length=500, label=_("Said when chosen"))


class SelfCheckBlock(blocks.StructBlock):
    """A question the student answers for themselves; nothing is graded."""

    question = RichText(label=_("Question"))
    options = blocks.ListBlock(AnswerBlock(), min_num=2, max_num=12, label=_("Answers"))
    explanation = RichText(required=False, label=_("Explanation"))

    class Meta:
        icon = "help"
        label = _("Self-check question")
        template = "courses/blocks/self_check.html"
        description = _("A question students answer for themselves; nothing is graded.")
        preview_value = examples.SELF_CHECK

    def get_default(self):
        """Two answers to fill in: fewer are no question."""
        value = super().get_default()
        answers = self.child_blocks["options"]
        empty = answers.child_block.get_default
        value["options"] = answers.normalize([empty(), empty()])
        return value

    def clean(self, value):
        """A question without a right answer can't be checked; a draft may wait for it."""
        result = super().clean(value)
        right = any(option["correct"] for option in result["options"])
        if not right and not self.is_deferred_validation:
            raise blocks.StructBlockValidationError(
                non_block_errors=[ValidationError(_("Mark at least one answer as right."))]
            )
        return result


class CalloutBodyBlock(blocks.StreamBlock):
    """What may stand inside a callout: no callout again, and nothing that plays."""

    rich_text = RichText()
    heading = HeadingBlock()
    code = CodeBlock()
    image = FigureBlock()
    table = TableBlock()
    mathematics = MathematicsBlock()
    quotation = QuotationBlock()
    download = DownloadBlock()


class CalloutBlock(blocks.StructBlock):
    """A box beside the main thread: a note, a warning, an exercise and its solution."""

    kind = blocks.ChoiceBlock(choices=CALLOUT_KINDS, default="note", label=_("Kind"))
    title = blocks.CharBlock(required=False, max_length=255, label=_("Title"))
    collapsed = blocks.BooleanBlock(
        required=False, label=_("Closed at first"), help_text=_("For solutions and hints.")
    )
    body = CalloutBodyBlock(label=_("Content"))

    class Meta:
        icon = "info-circle"
        label = _("Callout")
        template = "courses/blocks/callout.html"
        description = _("A box beside the main thread: a note, a warning, an exercise.")
        preview_value = examples.CALLOUT

    def get_context(self, value, parent_context=None):
        context = super().get_context(value, parent_context)
        context["kind_name"] = dict(CALLOUT_KINDS).get(value["kind"], "")
        return context


class DividerBlock(blocks.StaticBlock):
    """A pause between two parts."""

    class Meta:
        icon = "minus"
        label = _("Divider")
        admin_text = _("A line between two parts.")
        template = "courses/blocks/divider.html"
        description = _("A line between two parts.")
        preview_value = None


class LessonBody(blocks.StreamBlock):
    """A lesson's content, in the order it is read."""

    rich_text = RichText(group=_("Text"))
    heading = HeadingBlock(group=_("Text"))
    quotation = QuotationBlock(group=_("Text"))
    callout = CalloutBlock(group=_("Text"))
    table = TableBlock(group=_("Text"))
    code = CodeBlock(group=_("Text"))
    mathematics = MathematicsBlock(group=_("Text"))
    image = FigureBlock(group=_("Media"))
    video = VideoBlock(group=_("Media"))
    audio = AudioBlock(group=_("Media"))
    embed = EmbedBlock(group=_("Media"))
    download = DownloadBlock(group=_("Media"))
    self_check = SelfCheckBlock(group=_("Practice"))
    divider = DividerBlock(group=_("Text"))

    class Meta:
        required = False
