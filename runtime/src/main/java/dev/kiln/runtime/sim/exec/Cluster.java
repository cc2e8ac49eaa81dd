package dev.kiln.runtime.sim.exec;

/** The blocks that run together and see each other's shared memory; often one block. */
public final class Cluster {
  /** Copies in flight. */
  public final Background background = new Background();

  /** The barrier of {@code barrier.cluster}. */
  public final ClusterBarrier barrier = new ClusterBarrier(this);

  /** Counts completed barriers, so that waiting clusters can be told from working ones. */
  long progress;

  private final Block[] blocks;

  public Cluster(int size) {
    this.blocks = new Block[size];
  }

  /** Number of blocks. */
  public int size() {
    return blocks.length;
  }

  public Block block(int rank) {
    return blocks[rank];
  }

  public void put(int rank, Block block) {
    blocks[rank] = block;
  }
}
