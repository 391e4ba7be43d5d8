#!/bin/sh
# A package that is installed while an image is built starts nothing.
exit 101
