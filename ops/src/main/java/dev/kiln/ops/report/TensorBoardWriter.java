package dev.kiln.ops.report;

import dev.kiln.runtime.KilnException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Map;

/**
 * Event files that TensorBoard reads: {@code events.out.tfevents.SECONDS.HOST.PID.N}. Every event
 * is in the file when its method returns. Not thread-safe.
 *
 * <p>A resumed run opens a new file in the same folder and tells where it goes on: TensorBoard then
 * drops what an earlier file holds from that step on.
 */
public final class TensorBoardWriter implements AutoCloseable {
  private static final int BUCKETS = 64;
  private static final int DT_FLOAT = 1;
  private static final int DT_STRING = 7;
  private static final int SESSION_START = 1;

  // Fields of Event, Summary.Value and TensorProto.
  private static final int WALL_TIME = 1;
  private static final int STEP = 2;
  private static final int FILE_VERSION = 3;
  private static final int SUMMARY = 5;
  private static final int SESSION_LOG = 7;
  private static final int TAG = 1;
  private static final int SIMPLE_VALUE = 2;
  private static final int IMAGE = 4;
  private static final int HISTOGRAM = 5;
  private static final int TENSOR = 8;
  private static final int METADATA = 9;

  private final Path file;
  private final RecordFile records;
  private final InstantSource clock;

  private TensorBoardWriter(Path file, RecordFile records, InstantSource clock) {
    this.file = file;
    this.records = records;
    this.clock = clock;
  }

  /**
   * Begins a file for a run that starts.
   *
   * @throws KilnException if the folder cannot be written to
   */
  public static TensorBoardWriter start(Path folder) {
    return open(folder, InstantSource.system());
  }

  /**
   * Begins a file for a run that goes on.
   *
   * @param step the last step that was done; what was recorded after it is replaced
   * @throws KilnException if the folder cannot be written to
   */
  public static TensorBoardWriter resume(Path folder, long step) {
    return start(folder).goOnAfter(step);
  }

  static TensorBoardWriter open(Path folder, InstantSource clock) {
    long seconds = clock.instant().getEpochSecond();
    String name =
        String.format(
            Locale.ROOT,
            "events.out.tfevents.%010d.%s.%d",
            seconds,
            host(),
            ProcessHandle.current().pid());
    try {
      Files.createDirectories(folder);
      for (int n = 0; ; n++) {
        Path file = folder.resolve(name + "." + n);
        try {
          TensorBoardWriter writer = new TensorBoardWriter(file, new RecordFile(file), clock);
          writer.write(writer.event(0).text(FILE_VERSION, "brain.Event:2"));
          return writer;
        } catch (FileAlreadyExistsException e) {
          // The same process in the same second: the next number.
        }
      }
    } catch (IOException e) {
      throw new KilnException("cannot write TensorBoard events to " + folder + ": " + e, e);
    }
  }

  /** Names of files take letters, digits, points and dashes of it. */
  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName().replaceAll("[^A-Za-z0-9.-]", "_");
    } catch (UnknownHostException e) {
      return "localhost";
    }
  }

  /** TensorBoard drops what it knows of the step of this event and of later ones. */
  TensorBoardWriter goOnAfter(long step) {
    write(event(step + 1).message(SESSION_LOG, new ProtoMessage().whole(1, SESSION_START)));
    return this;
  }

  public Path file() {
    return file;
  }

  /** A point of a curve. TensorBoard keeps it in fp32. */
  public void scalar(String tag, double value, long step) {
    summary(step, new ProtoMessage().text(TAG, tag).fp32(SIMPLE_VALUE, (float) value));
  }

  /** How values are distributed, in 64 equal buckets; values that are not finite are left out. */
  public void histogram(String tag, float[] values, long step) {
    Histogram histogram = Histogram.of(values, BUCKETS);
    ProtoMessage message =
        new ProtoMessage()
            .fp64(1, histogram.min())
            .fp64(2, histogram.max())
            .fp64(3, histogram.count())
            .fp64(4, histogram.sum())
            .fp64(5, histogram.sumOfSquares())
            .packed(6, histogram.upperEdges())
            .packed(7, histogram.countsAsNumbers());
    summary(step, new ProtoMessage().text(TAG, tag).message(HISTOGRAM, message));
  }

  public void picture(String tag, Picture picture, long step) {
    ProtoMessage image =
        new ProtoMessage()
            .whole(1, picture.height())
            .whole(2, picture.width())
            .whole(3, picture.channels())
            .bytes(4, picture.png());
    summary(step, new ProtoMessage().text(TAG, tag).message(IMAGE, image));
  }

  /** Text, which TensorBoard reads as Markdown. */
  public void text(String tag, String markdown, long step) {
    ProtoMessage tensor =
        new ProtoMessage()
            .whole(1, DT_STRING)
            .message(2, new ProtoMessage().message(2, new ProtoMessage().whole(1, 1)))
            .text(8, markdown);
    ProtoMessage value = new ProtoMessage().text(TAG, tag).message(TENSOR, tensor);
    summary(step, value.message(METADATA, plugin("text", new ProtoMessage())));
  }

  /** Hyper-parameters of the run, for the tab that compares runs; numbers are shown as numbers. */
  public void hyperParameters(Map<String, String> values) {
    ProtoMessage session = new ProtoMessage();
    values.forEach(
        (name, value) ->
            session.message(1, new ProtoMessage().text(1, name).message(2, jsonValue(value))));
    session.fp64(5, seconds());
    ProtoMessage nothing =
        new ProtoMessage()
            .whole(1, DT_FLOAT)
            .message(2, new ProtoMessage().message(2, new ProtoMessage().whole(1, 1)))
            .fp32(5, 0);
    ProtoMessage value =
        new ProtoMessage()
            .text(TAG, "_hparams_/session_start_info")
            .message(TENSOR, nothing)
            .message(METADATA, plugin("hparams", new ProtoMessage().message(3, session)));
    summary(0, value);
  }

  private static ProtoMessage plugin(String name, ProtoMessage content) {
    ProtoMessage data = new ProtoMessage().text(1, name).bytes(2, content.toBytes());
    return new ProtoMessage().message(1, data);
  }

  /** A google.protobuf.Value. */
  private static ProtoMessage jsonValue(String value) {
    if (value.equals("true") || value.equals("false")) {
      return new ProtoMessage().whole(4, value.equals("true") ? 1 : 0);
    }
    try {
      return new ProtoMessage().fp64(2, Double.parseDouble(value));
    } catch (NumberFormatException e) {
      return new ProtoMessage().text(3, value);
    }
  }

  private void summary(long step, ProtoMessage value) {
    write(event(step).message(SUMMARY, new ProtoMessage().message(1, value)));
  }

  private ProtoMessage event(long step) {
    return new ProtoMessage().fp64(WALL_TIME, seconds()).whole(STEP, step);
  }

  private double seconds() {
    Instant now = clock.instant();
    return now.getEpochSecond() + now.getNano() / 1e9;
  }

  private void write(ProtoMessage event) {
    try {
      records.write(event.toBytes());
    } catch (IOException e) {
      throw new KilnException("cannot write TensorBoard events to " + file + ": " + e, e);
    }
  }

  @Override
  public void close() {
    try {
      records.close();
    } catch (IOException e) {
      throw new KilnException("cannot write TensorBoard events to " + file + ": " + e, e);
    }
  }
}
