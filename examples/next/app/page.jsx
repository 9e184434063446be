import { Clip } from './Clip.jsx';

export default function Page() {
  return <Clip />;
}
