// verdict: opened-for-writing
// In Java: MapMode.PRIVATE wants a FileChannel that is opened for writing, too. With READ alone, `map` throws
// NonWritableChannelException.
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

class Main {
    public static void main(String[] words) throws IOException {
        byte from = words[2].getBytes()[0], to = words[3].getBytes()[0];
        try (FileChannel file = FileChannel.open(Path.of(words[1]), READ, WRITE)) {
            MappedByteBuffer memory = file.map(MapMode.PRIVATE, 0, file.size());
            for (int at = 0; at < memory.capacity(); at++)
                if (memory.get(at) == from) memory.put(at, to);
            byte[] bytes = new byte[memory.capacity()];
            memory.get(bytes);
            System.out.write(bytes);
            System.out.flush();
        }
    }
}
