package dev.kiln.runtime.sim.roofline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.compiler.Target;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.sim.monitor.count.TensorWork;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A GPU in numbers, each with its source. They stand in {@code gpus.json} beside this class.
 *
 * @param name on the command line: "h100"
 * @param title "H100 SXM5 80 GB"
 * @param capability compute capability
 * @param tensor multiply-adds of an SM for each clock cycle, by type of sum and of elements:
 *     "f32.f16"; types of 8, 4 and 1 bits by their size alone: "s32.8"
 */
public record GpuModel(
    String name,
    String title,
    String capability,
    Map<Quantity, Figure> figures,
    Map<String, Figure> tensor) {
  private static final Map<String, GpuModel> ALL = read();

  /**
   * A number.
   *
   * @param source what states it, or what it was derived from
   * @param where in the source, or how it was derived
   */
  public record Figure(double value, Status status, String source, String where) {}

  /** How a number is known. */
  public enum Status {
    /** The source says so. */
    STATED,
    /** Computed from what the source says. */
    DERIVED,
    /** Somebody has measured it. */
    MEASURED,
    /** Nobody tells it: as that of a relative. */
    ASSUMED
  }

  /** All that are known, in the order of their age. */
  public static List<GpuModel> all() {
    return List.copyOf(ALL.values());
  }

  /** The GPU of a name. */
  public static Optional<GpuModel> find(String name) {
    return Optional.ofNullable(ALL.get(name.toLowerCase(Locale.ROOT)));
  }

  /** What code for it is made for. */
  public Target target() {
    return switch (capability) {
      case "8.0" -> Target.SM_80;
      case "8.9" -> Target.SM_89;
      case "9.0" -> Target.SM_90A;
      case "10.0" -> Target.SM_100;
      case "12.0" -> Target.SM_120;
      default -> throw new KilnException("no target for compute capability " + capability);
    };
  }

  public double get(Quantity quantity) {
    return figures.get(quantity).value();
  }

  /** A number of things. */
  int count(Quantity quantity) {
    return (int) get(quantity);
  }

  /** Multiply-adds of an SM for each clock cycle; empty if its tensor cores cannot do them. */
  public Optional<Figure> tensorRate(TensorWork work) {
    return Optional.ofNullable(tensor.get(work.sum().word() + "." + elements(work.a())));
  }

  private static String elements(PtxType type) {
    return type.bits() <= 8 ? Integer.toString(width(type)) : type.word();
  }

  /** Elements of 6 bits and, but for integers, of 4 bits are multiplied as 8 bits are. */
  private static int width(PtxType type) {
    return type.isFloat() ? 8 : type.bits();
  }

  private static Map<String, GpuModel> read() {
    try (var in = GpuModel.class.getResourceAsStream("gpus.json")) {
      JsonNode root = new ObjectMapper().readTree(in);
      Map<String, GpuModel> models = new LinkedHashMap<>();
      for (var entry : root.get("gpus").properties()) {
        JsonNode gpu = entry.getValue();
        models.put(entry.getKey(), model(entry.getKey(), gpu, root.get("sources")));
      }
      return models;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static GpuModel model(String name, JsonNode gpu, JsonNode sources) {
    Map<Quantity, Figure> figures = new EnumMap<>(Quantity.class);
    for (Quantity quantity : Quantity.values()) {
      figures.put(quantity, figure(gpu.get("figures").get(quantity.key()), sources));
    }
    Map<String, Figure> tensor = new LinkedHashMap<>();
    for (var entry : gpu.get("tensor").properties()) {
      tensor.put(entry.getKey(), figure(entry.getValue(), sources));
    }
    return new GpuModel(
        name, gpu.get("title").asText(), gpu.get("capability").asText(), figures, tensor);
  }

  private static Figure figure(JsonNode node, JsonNode sources) {
    return new Figure(
        node.get("value").asDouble(),
        Status.valueOf(node.get("status").asText().toUpperCase(Locale.ROOT)),
        sources.get(node.get("source").asText()).asText(),
        node.get("where").asText());
  }
}
