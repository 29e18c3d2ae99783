package com.barker.lucene;

/**
 * Names of the doc values in which an index keeps its ads. An empty name, or a document without the
 * field: the text is empty and the bid is 0.
 *
 * @param id BinaryDocValues
 * @param title BinaryDocValues: plain text, not escaped
 * @param merchant BinaryDocValues, for rules
 * @param category BinaryDocValues, for rules
 * @param sellingPoints BinaryDocValues: one selling point a line
 * @param bid DoubleDocValuesField
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
