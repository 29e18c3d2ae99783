package com.barker.lucene;

import java.io.IOException;
import org.apache.lucene.index.BinaryDocValues;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.DocValuesType;
import org.apache.lucene.index.FieldInfo;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.SortedSetDocValues;
import org.apache.lucene.util.BytesRef;

/**
 * The texts of one field of one segment, of whatever kind its doc values are: Lucene's own programs
 * write BINARY, Solr's strings are SORTED, and the keywords of OpenSearch and Elasticsearch are
 * SORTED_SET, of which a document may have several, in the order of their bytes. Documents are
 * visited forwards. One thread.
 */
final class FieldTexts {
  private final BinaryDocValues single; // SORTED, too: it is a BinaryDocValues
  private final SortedSetDocValues several;
  private boolean pending;

  private FieldTexts(BinaryDocValues single, SortedSetDocValues several) {
    this.single = single;
    this.several = several;
  }

  /** A field that is not there has no texts. Another kind is an IllegalStateException. */
  static FieldTexts open(LeafReader reader, String field) throws IOException {
    return switch (typeOf(reader, field)) {
      case SORTED -> new FieldTexts(DocValues.getSorted(reader, field), null);
      case SORTED_SET -> new FieldTexts(null, DocValues.getSortedSet(reader, field));
      default -> new FieldTexts(DocValues.getBinary(reader, field), null);
    };
  }

  static DocValuesType typeOf(LeafReader reader, String field) {
    final FieldInfo info = reader.getFieldInfos().fieldInfo(field);
    return info == null ? DocValuesType.NONE : info.getDocValuesType();
  }

  void advance(int document) throws IOException {
    pending = single != null ? single.advanceExact(document) : several.advanceExact(document);
  }

  /** The next text of the document, valid until the next call; null: there is none. */
  BytesRef next() throws IOException {
    if (!pending) return null;
    if (single != null) {
      pending = false;
      return single.binaryValue();
    }
    final long ordinal = several.nextOrd();
    pending = ordinal != SortedSetDocValues.NO_MORE_ORDS;
    return pending ? several.lookupOrd(ordinal) : null;
  }
}
