"""Declarations of predictions: learned accounts, forecasts, their outcomes, and the models."""

from datetime import timedelta

from predictions.engine.evaluation.drift import KEPT_DAYS
from predictions.models import DriftCheck
from privacy.declarations.kinds import Artefact, Declaration, Expiry, Files, Messages, RedisKeys, Table
from privacy.purposes import WHILE_ACTIVE, Basis, Purpose, Retention, Source

FORECASTS = "Your forecasts: the planned time and length, the hashtags and length of the caption, and the figures"
OUTCOMES = "What the posts of your forecasts became, and how far off the forecasts were"
FEEDBACK = "What you say of a forecast: that it was useless or wrong, why, and your own words if you write any"
EXPERIMENTS = "Your experiments: the two ways that you compare, which was drawn for each post, and what they show"
DRAFTS = (
    "Your drafts: their text and variants if you keep texts, the planned time and length, measures of the cover, and "
    "when to remind you"
)
COMMENTS = "Comments on your drafts: who wrote them and what they say, only while you keep texts"
SHARED_PHRASES = "Phrases that many people use in captions"
BRIEFS = "Your briefs for captions, and captions written with you, until you keep one in a draft"
BRAND_WORDS = "Words that captions written with you have to have, and words that they never have"
STYLE = "How your captions are usually written: their length, signs, emoji, hashtags and subjects, as averages"
COMPARED = "Pairs of your captions that staff compare, if you let them, and which one each of them chose"
APPEALS = "Texts that were held back and that you asked staff about, until they decided; and what they decided"
SHARED = (
    "Links by which you show a forecast or a report: what each shows, until when, and how often it was opened; "
    "who opened it is not kept"
)
REPORTS = "Your reports of bad suggestions: which one, why, and your own words if you write any"
LEARNED = "What was learned of your account: its usual level, trend and what works for it"
REPLAYS = "What would have been forecast of your latest posts before publishing, and what is usual for you"
ERRORS = "How far each of your posts was from what would have been forecast"
MODELS = "The model that all accounts share"
BENCHMARKS = "What accounts of one size usually get, blurred"
WORK = "Bookkeeping of the service itself"

PAST_FOR, UNTOUCHED_FOR = timedelta(days=90), timedelta(days=365)
"""Drafts are deleted so long after their planned time, and after their last change."""
ENDED_FOR = timedelta(days=30)
"""Links are deleted so long after they ended."""

KEPT = Retention("kept: it names nobody")


DATA_MAP: tuple[Declaration, ...] = (
    Table(
        "predictions.AccountWeights",
        source=Source.POSTCAST,
        category=LEARNED,
        purposes=(Purpose.SERVICE,),
        why="To forecast at once when you ask",
        retention=Retention("learned anew with every change, and erased with your account here"),
        person="account__user",
        account="account",
    ),
    Table(
        "predictions.AccountReplay",
        source=Source.POSTCAST,
        category=REPLAYS,
        purposes=(Purpose.SERVICE,),
        why="To show you from the first day how right forecasts would have been, and what is usual for you",
        retention=Retention("replayed anew as posts come in, and erased with your account here"),
        person="account__user",
        account="account",
    ),
    Table(
        "predictions.ForecastError",
        expires=(Expiry("due_at", timedelta(days=KEPT_DAYS)),),
        source=Source.POSTCAST,
        category=ERRORS,
        purposes=(Purpose.LEARNING,),
        why="To notice when forecasts stop being right",
        retention=Retention(f"{KEPT_DAYS} days", timedelta(days=KEPT_DAYS)),
        person="account__user",
        account="account",
    ),
    Table(
        "predictions.Prediction",
        source=Source.POSTCAST,
        category=FORECASTS,
        purposes=(Purpose.SERVICE, Purpose.DRAFTS, Purpose.OUTCOMES),
        why="To show you what was forecast, and to get better for you",
        retention=WHILE_ACTIVE,
        person="account__user",
        account="account",
    ),
    Table(
        "predictions.SavedDraft",
        expires=(Expiry("publish_at", PAST_FOR), Expiry("updated_at", UNTOUCHED_FOR)),
        source=Source.PERSON,
        category=DRAFTS,
        purposes=(Purpose.SERVICE, Purpose.DRAFTS),
        why="So that you can plan your posts, and come back to a draft",
        retention=Retention(
            f"until you delete it, {PAST_FOR.days} days after its planned time, or {UNTOUCHED_FOR.days} days after its "
            "last change; its text also goes when you stop keeping texts"
        ),
        person="account__user",
        account="account",
    ),
    Table(
        "predictions.DraftComment",
        source=Source.PERSON,
        category=COMMENTS,
        purposes=(Purpose.SERVICE, Purpose.DRAFTS),
        why="So that people who plan posts together can talk about a draft where it stands",
        retention=Retention("until it is deleted, its draft is, or you stop keeping texts"),
        person="draft__account__user",
        account="draft__account",
        also_of="author",
    ),
    Table(
        "predictions.BrandWords",
        source=Source.PERSON,
        category=BRAND_WORDS,
        purposes=(Purpose.SERVICE, Purpose.WRITING),
        why="So that each caption that is written with you has them, or has none of them",
        retention=WHILE_ACTIVE,
        person="account__user",
        account="account",
    ),
    Table(
        "predictions.CaptionStyle",
        source=Source.POSTCAST,
        category=STYLE,
        purposes=(Purpose.SERVICE, Purpose.WRITING, Purpose.DRAFTS),
        why="To choose captions that sound like you without reading all of yours each time",
        retention=Retention("worked out anew with every change, until you stop keeping texts or writing with help"),
        person="account__user",
        account="account",
    ),
    Table(
        "predictions.CaptionAppeal",
        source=Source.PERSON,
        category=APPEALS,
        purposes=(Purpose.SERVICE, Purpose.DRAFTS),
        why="So that staff can look at what was held back by mistake, and it is not held back again",
        retention=Retention("the text until staff decide, or you stop keeping texts; the rest with your account here"),
        person="account__user",
        account="account",
    ),
    Table(
        "predictions.LabelPair",
        source=Source.POSTCAST,
        category=COMPARED,
        purposes=(Purpose.COMPARING, Purpose.DRAFTS),
        why="To check whether the parts of the score agree with people",
        retention=Retention("until one of the posts goes, you withdraw, or you stop keeping texts"),
        person="account__user",
        account="account",
    ),
    Table(
        "predictions.LabelVote",
        source=Source.POSTCAST,
        category=COMPARED,
        purposes=(Purpose.COMPARING, Purpose.DRAFTS),
        why="To check whether the parts of the score agree with people",
        retention=Retention("until one of the posts goes, you withdraw, or you stop keeping texts"),
        person="pair__account__user",
        account="pair__account",
    ),
    Table(
        "predictions.SharedLink",
        expires=(Expiry("revoked_at", ENDED_FOR), Expiry("expires_at", ENDED_FOR)),
        source=Source.PERSON,
        category=SHARED,
        purposes=(Purpose.SERVICE,),
        why="To show others what you chose to show them. The address itself is not kept, only what recognises it",
        retention=Retention(
            f"until {ENDED_FOR.days} days after it was revoked or expired; it goes with the forecast that it shows"
        ),
        person="account__user",
        account="account",
    ),
    Table(
        "predictions.Outcome",
        source=Source.POSTCAST,
        category=OUTCOMES,
        purposes=(Purpose.OUTCOMES,),
        why="To show how right forecasts were",
        retention=WHILE_ACTIVE,
        person="prediction__account__user",
        account="prediction__account",
    ),
    Table(
        "predictions.Feedback",
        source=Source.PERSON,
        category=FEEDBACK,
        purposes=(Purpose.SERVICE, Purpose.DRAFTS),
        why="So that the staff of this service see where forecasts fail",
        retention=Retention(
            "until you take it back, or your account here is erased; your own words also go when you stop keeping texts"
        ),
        person="prediction__account__user",
        account="prediction__account",
    ),
    Table(
        "predictions.SuggestionReport",
        source=Source.PERSON,
        category=REPORTS,
        purposes=(Purpose.SERVICE, Purpose.DRAFTS),
        why="So that the staff of this service see bad suggestions, and bad kinds of them end",
        retention=Retention(
            "until you take it back, or your account here is erased; your own words also go when you stop keeping texts"
        ),
        person="prediction__account__user",
        account="prediction__account",
    ),
    Table(
        "predictions.Experiment",
        source=Source.PERSON,
        category=EXPERIMENTS,
        purposes=(Purpose.SERVICE,),
        why="To answer what you ask, and to learn your account from the answer",
        retention=WHILE_ACTIVE,
        person="account__user",
        account="account",
    ),
    Table(
        "predictions.Assignment",
        source=Source.POSTCAST,
        category=EXPERIMENTS,
        purposes=(Purpose.SERVICE,),
        why="To compare posts that differ by nothing but a fair coin",
        retention=WHILE_ACTIVE,
        person="experiment__account__user",
        account="experiment__account",
    ),
    Table(
        "predictions.SuggestionSwitch",
        category=WORK,
        purposes=(Purpose.SERVICE,),
        why="Which kinds of suggestions are made to nobody, and why",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=KEPT,
        erased="kept: it names nobody",
    ),
    Table(
        "predictions.VarietyCheck",
        expires=(Expiry("checked_at", timedelta(days=365)),),
        category=WORK,
        purposes=(Purpose.OUTCOMES,),
        why="To see whether everybody is told the same",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=Retention("365 days", timedelta(days=365)),
        erased="kept: it names nobody",
    ),
    Table(
        "predictions.ModelVersion",
        category=MODELS,
        purposes=(Purpose.LEARNING,),
        why="To forecast. Its manifest names the accounts that it learned from by keyed pseudonyms",
        retention=Retention("kept; the model itself is emptied once it can serve no more"),
        erased="kept: a version that learned from an erased account is replaced within seven days, for ever",
    ),
    Table(
        "predictions.ScoreRecord",
        category=MODELS,
        purposes=(Purpose.LEARNING,),
        why="To score with what came in since the model was trained. It names its accounts by keyed pseudonyms",
        retention=Retention("until a newer one, or an account that it learned from leaves"),
        erased="deleted within two hours, and learned anew without the account",
    ),
    Table(
        "predictions.ForgottenAccount",
        category=MODELS,
        purposes=(Purpose.LEARNING,),
        why="So that no model serves that learned from an account which was erased or left the learning",
        basis=Basis.LEGAL_OBLIGATION,
        retention=KEPT,
        erased="kept: a keyed pseudonym of an account that is gone. Agreeing to learning anew deletes it",
    ),
    Table(
        "predictions.Benchmark",
        category=BENCHMARKS,
        purposes=(Purpose.LEARNING,),
        why="So that you see what is usual for accounts of your size",
        retention=KEPT,
        erased="kept: noise hides whether any one account was among them",
    ),
    Table(
        "predictions.ModelEvent",
        category=WORK,
        purposes=(Purpose.LEARNING,),
        why="Why each model serves",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=KEPT,
        erased="kept: it names nobody",
    ),
    Table(
        "predictions.ForecastFailure",
        expires=(Expiry("at", timedelta(days=90)),),
        category=WORK,
        purposes=(Purpose.SERVICE,),
        why="To end a model that fails",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=Retention("90 days", timedelta(days=90)),
        erased="kept: it names nobody",
    ),
    Table(
        "predictions.DriftCheck",
        expires=(Expiry("checked_at", timedelta(days=90), but_not={"verdict": DriftCheck.Verdict.ALARM}),),
        category=WORK,
        purposes=(Purpose.LEARNING,),
        why="When and why a model is trained anew",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=Retention("90 days; alarms are kept"),
        erased="kept: it names nobody",
    ),
    RedisKeys(
        "cache:1:weights-update:",
        category=LEARNED,
        purposes=(Purpose.SERVICE,),
        why="That your account is about to be learned, so that many changes are learned from at once",
        basis=Basis.CONSENT,
        retention=Retention("that it is about to be learned: five minutes at most"),
        exported="not: it says nothing but that",
        erased="deleted",
        personal=True,
        keys_of=lambda subject: tuple(f"cache:1:weights-update:{account_id}" for account_id in subject.account_ids),
    ),
    Messages("predictions.learning.tasks.update_weights", "accounts.TikTokAccount"),
    RedisKeys(
        "cache:1:replay-update:",
        category=REPLAYS,
        purposes=(Purpose.SERVICE,),
        why="That your account is about to be replayed, so that many changes are replayed at once",
        basis=Basis.CONSENT,
        retention=Retention("that it is about to be replayed: five minutes at most"),
        exported="not: it says nothing but that",
        erased="deleted",
        personal=True,
        keys_of=lambda subject: tuple(f"cache:1:replay-update:{account_id}" for account_id in subject.account_ids),
    ),
    Messages("predictions.replays.tasks.update_replay", "accounts.TikTokAccount"),
    Messages("predictions.captions.tasks.update_style", "accounts.TikTokAccount"),
    RedisKeys(
        "cache:1:shared-phrases:",
        category=SHARED_PHRASES,
        purposes=(Purpose.WRITING,),
        why="Phrases of up to three words that twenty people or more use, and a keyed filter that recognises longer "
        "ones of fewer people without holding them: so that captions read well and are nobody else's",
        basis=Basis.CONSENT,
        retention=Retention("counted anew each night, without those who left; two days at most"),
        exported="not: no one person's part can be told from the others'",
        erased="counted anew without the account each night, and gone two days later at most",
    ),
    RedisKeys(
        "writer-calls:",
        category=WORK,
        purposes=(Purpose.WRITING,),
        why="How often the operator's language model was called today, so that a day has an end",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=Retention("a day"),
        exported="not: it concerns nobody",
        erased="kept: it concerns nobody",
    ),
    Files(
        "briefs and captions sent to the operator's language model",
        category=BRIEFS,
        why="To write captions in your voice, where the operator has set up a language model (`WRITER_URL`): your "
        "brief and up to five of your captions, without name, links and contacts. The page says so each time",
        retention=Retention("briefs: until the answer; what the language model's operator keeps is theirs to say"),
        purposes=(Purpose.WRITING,),
        basis=Basis.CONSENT,
        personal=True,
        exported="not: nothing is kept here",
        erased="gone with the request",
    ),
    Files(
        "pictures sent with a draft",
        category=FORECASTS,
        why="Measured in memory while the request is answered, and dropped there; never written to a disk",
        retention=Retention("pictures that you send along: seconds"),
        purposes=(Purpose.SERVICE,),
        basis=Basis.CONSENT,
        personal=True,
        exported="not: they are gone",
        erased="gone with the request",
    ),
    Files(
        "histories that a training reads",
        category=MODELS,
        why="What a training reads of the accounts that agreed: posts' measures and counts, under the accounts' "
        "pseudonyms. Encrypted with a key that only the training holds",
        retention=Retention("partitions of a training: until it ends, half an hour at most"),
        purposes=(Purpose.LEARNING,),
        basis=Basis.CONSENT,
        personal=True,
        where="TRAINING_PARTITIONS",
        exported="not: the posts are in the copy, and the files are gone",
        erased="gone with the training, minutes later; the key goes with it",
    ),
    Artefact(
        "the shared model",
        category=MODELS,
        why="What tends to work, learned from the accounts that agreed",
        retention=Retention("until a newer one serves; an account that left is out of it within seven days"),
        purpose=Purpose.LEARNING,
        exported="not: no one person's part can be told from the others'; the figures it learned from are in the copy",
        erased="trained anew without the account within seven days; versions with it never serve again",
    ),
)
