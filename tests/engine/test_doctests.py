"""The examples in the engine's docstrings run, and the functions and models that it exports have one."""

import doctest
import importlib
import pkgutil

import pytest

from predictions import engine

MODULES = [module.name for module in pkgutil.walk_packages(engine.__path__, "predictions.engine.")]
SHOWN = ("GlobalModel", "LearnedAccount", "forecast", "learn_account", "learn_and_replay", "train")


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_run(name: str):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


@pytest.mark.parametrize("name", SHOWN)
def test_what_the_engine_exports_has_an_example(name: str):
    assert ">>>" in getattr(engine, name).__doc__
