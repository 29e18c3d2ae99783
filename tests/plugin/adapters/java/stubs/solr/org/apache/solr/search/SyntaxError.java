package org.apache.solr.search;

/** A stub: see the README of the stubs. */
public class SyntaxError extends Exception {
  private static final long serialVersionUID = 1;
}
