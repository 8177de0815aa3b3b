"""Programs that run a job, each with its own library, in processes of their own.

They are started by contest/worker.py with a Python of their own, read from it how often to run,
and answer with seconds: see serve.py. None but cortado_*.py imports Cortado.
"""
