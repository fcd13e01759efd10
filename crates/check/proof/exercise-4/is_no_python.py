# verdict: does-not-start
# Python cannot read the third line.
def main(:
    pass
