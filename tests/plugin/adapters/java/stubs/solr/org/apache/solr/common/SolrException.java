package org.apache.solr.common;

/** A stub: see the README of the stubs. */
public class SolrException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public enum ErrorCode {
    BAD_REQUEST
  }

  public SolrException(ErrorCode code, String message) {
    super(message);
  }
}
