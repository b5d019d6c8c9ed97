"""What the snapshot holds ready: modules that many scripts import, chosen by what they cost to import and to ship."""

import abc, argparse, ast, base64, bisect, codecs, collections.abc, contextlib, copy, dataclasses, datetime, decimal  # noqa: E401
import enum, fractions, functools, hashlib, heapq, inspect, io, itertools, json, keyword, linecache, math, operator, os  # noqa: E401
import pathlib, posixpath, random, re, reprlib, shutil, stat, string, struct, tempfile, textwrap, time, tokenize  # noqa: E401
import traceback, types, typing, warnings, weakref, zipimport, zlib  # noqa: E401
import encodings.ascii, encodings.latin_1, encodings.utf_8, encodings.utf_8_sig, encodings.idna  # noqa: E401

import amphi
import amphi._host
import amphi._start

amphi._host.install()
