package dev.kiln.ops.profile;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.sim.monitor.count.CountersJson;
import dev.kiln.runtime.sim.roofline.RooflineReport;
import java.util.Map;

/** A report as JSON. Names of fields are stable. Times are in seconds. */
public final class ProfileJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private ProfileJson() {}

  public static ObjectNode of(ProfileReport report) {
    ObjectNode root = NODES.objectNode();
    root.put("device", report.device());
    root.put("model", report.model());
    root.put("right", report.isRight());
    report.roofline().ifPresent(roofline -> root.set("roofline", roofline(roofline)));
    ArrayNode libraries = root.putArray("references");
    for (ProfileReport.Library library : report.references()) {
      ObjectNode node = libraries.addObject().put("name", library.name());
      library.version().ifPresent(version -> node.put("version", version));
      library.unavailable().ifPresent(reason -> node.put("unavailable", reason));
    }
    ArrayNode gpus = root.putArray("gpus");
    report.gpus().forEach(gpus::add);
    ArrayNode rows = root.putArray("rows");
    report.rows().forEach(row -> rows.add(row(row)));
    return root;
  }

  private static ObjectNode roofline(DeviceRoofline roofline) {
    ObjectNode node = NODES.objectNode();
    node.put("source", roofline.source());
    ArrayNode bandwidths = node.putArray("bandwidths");
    for (DeviceRoofline.Bandwidth bandwidth : roofline.bandwidths()) {
      bandwidths
          .addObject()
          .put("bytes", bandwidth.bytes())
          .put("bytesPerSecond", bandwidth.perSecond());
    }
    node.set("flopsPerSecond", peaks(roofline.flops()));
    node.set("productFlopsPerSecond", peaks(roofline.productFlops()));
    return node;
  }

  private static ObjectNode peaks(Map<DType, Double> peaks) {
    ObjectNode node = NODES.objectNode();
    peaks.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(peak -> node.put(peak.getKey().shortName(), peak.getValue()));
    return node;
  }

  private static ObjectNode row(ProfileRow row) {
    OperationCase ofCase = row.ofCase();
    ObjectNode node = NODES.objectNode();
    node.put("operation", ofCase.operation().name());
    node.put("family", ofCase.operation().family().label());
    node.put("shape", ofCase.sizes().toString());
    ObjectNode sizes = node.putObject("sizes");
    ofCase.sizes().values().forEach(sizes::put);
    node.put("dtype", ofCase.dtype().shortName());
    row.fault().ifPresent(fault -> node.put("fault", fault));
    node.put("right", row.isRight());
    node.put("launches", row.launches());
    node.put("bytes", row.bytes());
    node.put("flops", row.flops());
    row.time().ifPresent(time -> node.set("time", time(time)));
    row.gigabytesPerSecond().ifPresent(rate -> node.put("gigabytesPerSecond", rate));
    row.teraflopsPerSecond().ifPresent(rate -> node.put("teraflopsPerSecond", rate));
    row.attainable()
        .ifPresent(
            attainable ->
                node.putObject("roofline")
                    .put("seconds", attainable.seconds())
                    .put("bound", attainable.bound().label())
                    .put("share", attainable.share()));
    ArrayNode references = node.putArray("references");
    for (ReferenceResult reference : row.references()) {
      ObjectNode result = references.addObject().put("name", reference.library());
      result.set("time", time(reference.time()));
      result.put("ratio", reference.ratio());
      number(result, "difference", reference.difference());
    }
    row.check().ifPresent(check -> node.set("check", check(check)));
    ArrayNode kernels = node.putArray("kernels");
    row.kernels().forEach(kernel -> kernels.add(kernel(kernel)));
    return node;
  }

  private static ObjectNode time(CallTime time) {
    return NODES
        .objectNode()
        .put("least", time.least())
        .put("p20", time.p20())
        .put("median", time.median())
        .put("p80", time.p80())
        .put("calls", time.calls());
  }

  private static ObjectNode check(Check check) {
    ObjectNode node = NODES.objectNode();
    node.put("shape", check.sizes().toString());
    node.put("right", check.isRight());
    ArrayNode outputs = node.putArray("outputs");
    for (Check.OutputError output : check.outputs()) {
      ObjectNode result = outputs.addObject().put("name", output.output());
      number(result, "error", output.error());
      number(result, "allowed", output.allowed());
      number(result, "plainError", output.plain());
      number(result, "largest", output.scale());
    }
    return node;
  }

  /** JSON has no NaN. */
  private static void number(ObjectNode node, String name, double value) {
    if (Double.isFinite(value)) {
      node.put(name, value);
    } else {
      node.putNull(name);
    }
  }

  private static ObjectNode kernel(CountedKernel kernel) {
    ObjectNode node = NODES.objectNode();
    node.put("kernel", kernel.kernel());
    node.put("target", kernel.target().label());
    node.set("counters", CountersJson.of(kernel.counters()));
    ArrayNode estimates = node.putArray("estimates");
    kernel.estimates().forEach(estimate -> estimates.add(RooflineReport.json(estimate)));
    return node;
  }
}
