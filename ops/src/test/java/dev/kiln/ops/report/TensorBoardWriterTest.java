package dev.kiln.ops.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.KilnException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads event files by the text of their formats, not with the code that wrote them. */
class TensorBoardWriterTest {
  private static final InstantSource CLOCK = () -> Instant.ofEpochSecond(1700000000L, 500_000_000);

  @TempDir private Path folder;

  /** A message as lists of values by field: Long, Double, Float or byte[]. */
  private record Message(Map<Integer, List<Object>> fields) {
    static Message of(Object bytes) {
      ByteBuffer in = ByteBuffer.wrap((byte[]) bytes).order(ByteOrder.LITTLE_ENDIAN);
      Map<Integer, List<Object>> fields = new HashMap<>();
      while (in.hasRemaining()) {
        long tag = varint(in);
        Object value =
            switch ((int) tag & 7) {
              case 0 -> varint(in);
              case 1 -> in.getDouble();
              case 2 -> {
                byte[] inner = new byte[(int) varint(in)];
                in.get(inner);
                yield inner;
              }
              case 5 -> in.getFloat();
              default -> throw new AssertionError("wire type of tag " + tag);
            };
        fields.computeIfAbsent((int) (tag >> 3), _ -> new ArrayList<>()).add(value);
      }
      return new Message(fields);
    }

    private static long varint(ByteBuffer in) {
      long value = 0;
      for (int shift = 0; ; shift += 7) {
        byte b = in.get();
        value |= (b & 0x7fL) << shift;
        if (b >= 0) {
          return value;
        }
      }
    }

    Object get(int field) {
      return fields.get(field).getFirst();
    }

    Message in(int field) {
      return of(get(field));
    }

    String text(int field) {
      return new String((byte[]) get(field), StandardCharsets.UTF_8);
    }

    double[] packed(int field) {
      ByteBuffer in = ByteBuffer.wrap((byte[]) get(field)).order(ByteOrder.LITTLE_ENDIAN);
      double[] values = new double[in.remaining() / 8];
      in.asDoubleBuffer().get(values);
      return values;
    }
  }

  private static List<Message> events(Path file) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<Message> events = new ArrayList<>();
    while (in.hasRemaining()) {
      int start = in.position();
      long length = in.getLong();
      assertThat(in.getInt()).as("CRC of the length").isEqualTo(masked(in, start, 8));
      byte[] data = new byte[(int) length];
      in.get(data);
      assertThat(in.getInt()).as("CRC of the data").isEqualTo(masked(in, start + 12, data.length));
      events.add(Message.of(data));
    }
    return events;
  }

  private static int masked(ByteBuffer in, int start, int length) {
    CRC32C crc = new CRC32C();
    crc.update(in.array(), start, length);
    int value = (int) crc.getValue();
    return (value >>> 15 | value << 17) + 0xa282ead8;
  }

  private static Message value(Message event) {
    return event.in(5).in(1);
  }

  @Test
  void scalarsAreSummariesAfterTheVersion() throws IOException {
    try (TensorBoardWriter writer = TensorBoardWriter.open(folder, CLOCK)) {
      writer.scalar("loss/träin", 0.25, 300);
      writer.scalar("loss/train", Double.NaN, Long.MAX_VALUE);
      assertThat(writer.file().getFileName().toString())
          .matches("events\\.out\\.tfevents\\.1700000000\\.[A-Za-z0-9._-]+\\.\\d+\\.0");
      List<Message> events = events(writer.file());
      assertThat(events).hasSize(3);
      assertThat(events.get(0).text(3)).isEqualTo("brain.Event:2");
      assertThat(events.get(1).get(1)).isEqualTo(1700000000.5);
      assertThat(events.get(1).get(2)).isEqualTo(300L);
      assertThat(value(events.get(1)).text(1)).isEqualTo("loss/träin");
      assertThat(value(events.get(1)).get(2)).isEqualTo(0.25f);
      assertThat(events.get(2).get(2)).isEqualTo(Long.MAX_VALUE);
      assertThat(value(events.get(2)).get(2)).isEqualTo(Float.NaN);
    }
  }

  @Test
  void histogramsHoldBucketsThatCountEachFiniteValue() throws IOException {
    try (TensorBoardWriter writer = TensorBoardWriter.open(folder, CLOCK)) {
      writer.histogram("weights", new float[] {-1, 0, 0.5f, 3, Float.NaN}, 1);
      writer.histogram("same", new float[] {2, 2}, 1);
      writer.histogram("none", new float[0], 1);
      List<Message> events = events(writer.file());
      Message histogram = value(events.get(1)).in(5);
      assertThat(histogram.get(1)).isEqualTo(-1.0);
      assertThat(histogram.get(2)).isEqualTo(3.0);
      assertThat(histogram.get(3)).isEqualTo(4.0);
      assertThat(histogram.get(4)).isEqualTo(2.5);
      assertThat(histogram.get(5)).isEqualTo(10.25);
      double[] limits = histogram.packed(6);
      double[] counts = histogram.packed(7);
      assertThat(limits).hasSize(64).isSorted().endsWith(3.0);
      assertThat(counts).hasSize(64);
      assertThat(counts[0] + counts[16] + counts[24] + counts[63]).isEqualTo(4);
      assertThat(value(events.get(2)).in(5).packed(6)).containsExactly(2);
      assertThat(value(events.get(2)).in(5).packed(7)).containsExactly(2);
      assertThat(value(events.get(3)).in(5).packed(7)).containsExactly(0);
    }
  }

  @Test
  void picturesAreFilesInPng() throws IOException {
    byte[] pixels = {0, 1, 2, (byte) 255, 4, 5, 6, 7, 8, 9, 10, 11};
    try (TensorBoardWriter writer = TensorBoardWriter.open(folder, CLOCK)) {
      writer.picture("sample", new Picture(1, 4, 3, pixels), 5);
      Message image = value(events(writer.file()).get(1)).in(4);
      assertThat(image.get(1)).isEqualTo(1L);
      assertThat(image.get(2)).isEqualTo(4L);
      assertThat(image.get(3)).isEqualTo(3L);
      var read = ImageIO.read(new ByteArrayInputStream((byte[]) image.get(4)));
      assertThat(read.getRGB(0, 0)).isEqualTo(0xff000102);
      assertThat(read.getRGB(1, 0)).isEqualTo(0xffff0405);
    }
  }

  @Test
  void textsAreTensorsOfThePluginForText() throws IOException {
    try (TensorBoardWriter writer = TensorBoardWriter.open(folder, CLOCK)) {
      writer.text("sample/text", "to be\n", 9);
      Message value = value(events(writer.file()).get(1));
      assertThat(value.in(8).get(1)).isEqualTo(7L);
      assertThat(value.in(8).in(2).in(2).get(1)).isEqualTo(1L);
      assertThat(value.in(8).text(8)).isEqualTo("to be\n");
      assertThat(value.in(9).in(1).text(1)).isEqualTo("text");
    }
  }

  @Test
  void hyperParametersKeepTheirTypes() throws IOException {
    try (TensorBoardWriter writer = TensorBoardWriter.open(folder, CLOCK)) {
      Map<String, String> values = new LinkedHashMap<>();
      values.put("rate", "0.1");
      values.put("optimizer", "adamw");
      values.put("nesterov", "true");
      writer.hyperParameters(values);
      Message value = value(events(writer.file()).get(1));
      assertThat(value.text(1)).isEqualTo("_hparams_/session_start_info");
      assertThat(value.in(9).in(1).text(1)).isEqualTo("hparams");
      List<Object> entries = Message.of(value.in(9).in(1).get(2)).in(3).fields().get(1);
      assertThat(Message.of(entries.get(0)).in(2).get(2)).isEqualTo(0.1);
      assertThat(Message.of(entries.get(1)).in(2).text(3)).isEqualTo("adamw");
      assertThat(Message.of(entries.get(2)).in(2).get(4)).isEqualTo(1L);
    }
  }

  @Test
  void resumeBeginsAnotherFileThatTellsWhereItGoesOn() throws IOException {
    try (TensorBoardWriter first = TensorBoardWriter.open(folder, CLOCK);
        TensorBoardWriter second = TensorBoardWriter.open(folder, CLOCK).goOnAfter(40)) {
      first.scalar("a", 1, 50);
      second.scalar("a", 1, 41);
      assertThat(second.file()).isNotEqualTo(first.file());
      Message start = events(second.file()).get(1);
      assertThat(start.get(2)).isEqualTo(41L);
      assertThat(start.in(7).get(1)).isEqualTo(1L);
      assertThat(events(second.file())).hasSize(3);
    }
    try (TensorBoardWriter writer = TensorBoardWriter.resume(folder, 7)) {
      assertThat(events(writer.file())).hasSize(2);
    }
  }

  @Test
  void folderThatCannotBeMadeIsReported() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    assertThatThrownBy(() -> TensorBoardWriter.start(file))
        .isInstanceOf(KilnException.class)
        .hasMessageContaining("cannot write TensorBoard events to " + file);
  }
}
