import json


def load(text):
    return json.loads(text)["answer"]


print("before")
try:
    load('{"question": 6}')
except KeyError as error:
    raise ValueError("no answer in it") from error
