"""Graphs for the RDK X5: conversion, checks, quantisation and the vendor's compiler."""
