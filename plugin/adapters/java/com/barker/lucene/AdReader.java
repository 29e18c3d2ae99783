package com.barker.lucene;

import com.barker.BarkerSession;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.ReaderUtil;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.util.ArrayUtil;
import org.apache.lucene.util.BytesRef;

/**
 * Reads the ads of some documents from doc values into a request. Doc values are read forward only,
 * so documents are visited in the order of the index and their bytes kept until the request is
 * written in the order of the first pass. One thread; its arrays are kept from query to query.
 */
final class AdReader {
  private static final int TEXTS = 5; // AdFields.texts
  private static final int SELLING_POINTS = 4;

  private final String[] fields;
  private final String bidField;
  private final FieldTexts[] values = new FieldTexts[TEXTS];
  private FieldNumbers bidValues;
  private byte[] bytes = new byte[1 << 14];
  private int used;
  private int[] begins = new int[0]; // [documents, TEXTS]
  private int[] ends = new int[0];
  private double[] bids = new double[0];
  private long[] order = new long[0]; // document << 32 | place in the first pass
  private final int[] adBegins = new int[TEXTS - 1];
  private final int[] adEnds = new int[TEXTS - 1];

  AdReader(AdFields fields) {
    this.fields = fields.texts();
    this.bidField = fields.bid();
  }

  /** Adds ads to the session, in the order given. Scores that are not positive count as 0. */
  void add(
      IndexSearcher searcher, int[] documents, double[] scores, int count, BarkerSession session)
      throws IOException {
    begins = ArrayUtil.grow(begins, count * TEXTS);
    ends = ArrayUtil.grow(ends, count * TEXTS);
    bids = ArrayUtil.grow(bids, count);
    order = ArrayUtil.grow(order, count);
    for (int i = 0; i < count; ++i) order[i] = (long) documents[i] << 32 | i;
    Arrays.sort(order, 0, count);
    read(searcher.getIndexReader().leaves(), count);
    for (int i = 0; i < count; ++i) write(i, scores[i], session);
  }

  private void read(List<LeafReaderContext> leaves, int count) throws IOException {
    used = 0;
    int end = -1; // of the open leaf's documents
    int base = 0;
    for (int i = 0; i < count; ++i) {
      final int document = (int) (order[i] >>> 32);
      if (document >= end) {
        final LeafReaderContext leaf = leaves.get(ReaderUtil.subIndex(document, leaves));
        base = leaf.docBase;
        end = base + leaf.reader().maxDoc();
        for (int field = 0; field < TEXTS; ++field) {
          values[field] = FieldTexts.open(leaf.reader(), fields[field]);
        }
        bidValues = FieldNumbers.open(leaf.reader(), bidField);
      }
      keep(document - base, (int) order[i]);
    }
  }

  private void keep(int document, int place) throws IOException {
    for (int field = 0; field < TEXTS; ++field) {
      begins[place * TEXTS + field] = used;
      values[field].advance(document);
      BytesRef text = values[field].next();
      if (text != null) append(text);
      while (field == SELLING_POINTS && (text = values[field].next()) != null) {
        bytes = ArrayUtil.grow(bytes, used + 1);
        bytes[used++] = '\n';
        append(text);
      }
      ends[place * TEXTS + field] = used;
    }
    bids[place] = bidValues.of(document);
  }

  private void append(BytesRef text) {
    bytes = ArrayUtil.grow(bytes, used + text.length);
    System.arraycopy(text.bytes, text.offset, bytes, used, text.length);
    used += text.length;
  }

  private void write(int place, double score, BarkerSession session) {
    System.arraycopy(begins, place * TEXTS, adBegins, 0, TEXTS - 1);
    System.arraycopy(ends, place * TEXTS, adEnds, 0, TEXTS - 1);
    session.addAd(bytes, adBegins, adEnds, bids[place], score > 0 ? score : 0, 0);
    final int end = ends[place * TEXTS + SELLING_POINTS];
    for (int at = begins[place * TEXTS + SELLING_POINTS]; at < end; ) {
      int next = at;
      while (next < end && bytes[next] != '\n') ++next;
      if (next > at) session.addSellingPoint(bytes, at, next);
      at = next + 1;
    }
  }
}
