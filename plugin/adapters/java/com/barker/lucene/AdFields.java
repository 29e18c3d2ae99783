package com.barker.lucene;

/**
 * Names of the doc values in which an index keeps its ads. An empty name, or a document without the
 * field: the text is empty and the bid is 0.
 *
 * <p>Texts are BINARY, SORTED or SORTED_SET doc values, of which the first counts. The bid is
 * NUMERIC (a DoubleDocValuesField, Solr's pdouble) or SORTED_NUMERIC (a double of OpenSearch or
 * Elasticsearch).
 *
 * @param id text
 * @param title plain text, not escaped
 * @param merchant text, for rules
 * @param category text, for rules
 * @param sellingPoints one selling point a line, and all of them where a document has several texts
 * @param bid double
 */
public record AdFields(
    String id, String title, String merchant, String category, String sellingPoints, String bid) {

  /** The fields id, title, merchant, category, selling_points and bid. */
  public AdFields() {
    this("id", "title", "merchant", "category", "selling_points", "bid");
  }

  /** Those that hold texts, in the order of BarkerSession.addAd; selling points last. */
  String[] texts() {
    return new String[] {id, title, merchant, category, sellingPoints};
  }
}
