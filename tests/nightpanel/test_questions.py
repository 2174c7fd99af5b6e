"""Designs that ask the same of the data."""

from nightpanel.questions import questions


def test_designs_that_differ_in_learning_ask_the_same():
    designs = [
        {"name": "a", "outcome": "gini", "controls": ["x"], "learner": "ridge", "variants": ["w"]},
        {"name": "b", "controls": ["x"], "outcome": "gini", "learner": "lasso", "seed": 3},
        {"name": "c", "outcome": "gini", "controls": [], "learner": "ridge"},
    ]
    found = questions({"estimates": {"designs": designs}})
    assert found["a"] == found["b"]
    assert found["a"] != found["c"]


def test_a_run_without_recorded_designs_has_no_questions():
    assert questions({}) == {}
    assert questions({"estimates": {}}) == {}
    assert questions({"estimates": {"designs": None}}) == {}
