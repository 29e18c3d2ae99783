package com.barker.lucene;

import java.io.IOException;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.DocValuesType;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.index.SortedNumericDocValues;
import org.apache.lucene.util.NumericUtils;

/**
 * The doubles of one field of one segment. A DoubleDocValuesField, and Solr's pdouble, is NUMERIC
 * and holds the bits of the double; the double of OpenSearch and Elasticsearch is SORTED_NUMERIC
 * and holds them in an order that sorts. Documents are visited forwards. One thread.
 */
final class FieldNumbers {
  private final NumericDocValues single;
  private final SortedNumericDocValues several;

  private FieldNumbers(NumericDocValues single, SortedNumericDocValues several) {
    this.single = single;
    this.several = several;
  }

  /** A field that is not there has no numbers. Another kind is an IllegalStateException. */
  static FieldNumbers open(LeafReader reader, String field) throws IOException {
    return FieldTexts.typeOf(reader, field) == DocValuesType.SORTED_NUMERIC
        ? new FieldNumbers(null, DocValues.getSortedNumeric(reader, field))
        : new FieldNumbers(DocValues.getNumeric(reader, field), null);
  }

  /** The number of a document, the least of several; 0 where there is none. */
  double of(int document) throws IOException {
    if (single != null) {
      return single.advanceExact(document) ? Double.longBitsToDouble(single.longValue()) : 0;
    }
    return several.advanceExact(document)
        ? NumericUtils.sortableLongToDouble(several.nextValue())
        : 0;
  }
}
